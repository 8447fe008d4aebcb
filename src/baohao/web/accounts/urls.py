"""
Addresses of signing in. Allauth's views are named one by one: what is not named is not there.

Allauth looks some names up that have no page here; they lead to `nothing`.
"""

from __future__ import annotations

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as keys
from django.urls import path

from baohao.web.accounts import directory
from baohao.web.accounts.doors import asks_itself, everybody, holders
from baohao.web.accounts.limits import limited
from baohao.web.accounts.own import KeyAdding
from baohao.web.accounts.views import nothing

urlpatterns = [
    path("login/", everybody(account.login), name="account_login"),
    path(
        "login/code/",
        everybody(limited("code")(account.request_login_code)),
        name="account_request_login_code",
    ),
    path(
        "login/code/confirm/",
        everybody(account.confirm_login_code),
        name="account_confirm_login_code",
    ),
    path("login/second/", everybody(mfa.authenticate), name="mfa_authenticate"),
    path("login/passkey/", everybody(keys.login_webauthn), name="mfa_login_webauthn"),
    path("login/directory/", directory.enter, name="directory_enter"),
    path("login/directory/back/", directory.back, name="directory_back"),
    path("logout/", everybody(account.logout), name="account_logout"),
    path("inactive/", everybody(account.account_inactive), name="account_inactive"),
    path("password/change/", asks_itself(account.password_change), name="account_change_password"),
    path("email/", holders(account.email), name="account_email"),
    path(
        "email/confirm/",
        holders(account.email_verification_sent),
        name="account_email_verification_sent",
    ),
    # Confirming who one is.
    path("again/password/", asks_itself(account.reauthenticate), name="account_reauthenticate"),
    path(
        "again/code/",
        asks_itself(account.request_reauthentication_code),
        name="account_request_reauthentication_code",
    ),
    path(
        "again/code/confirm/",
        asks_itself(account.confirm_reauthentication_code),
        name="account_confirm_reauthentication_code",
    ),
    path("again/second/", asks_itself(mfa.reauthenticate), name="mfa_reauthenticate"),
    path(
        "again/passkey/",
        asks_itself(keys.reauthenticate_webauthn),
        name="mfa_reauthenticate_webauthn",
    ),
    path("again/directory/", directory.again, name="directory_again"),
    # Second factors and passkeys.
    path("2fa/", asks_itself(mfa.index), name="mfa_index"),
    path("2fa/app/", asks_itself(totp.activate_totp), name="mfa_activate_totp"),
    path("2fa/app/away/", asks_itself(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path("2fa/codes/", asks_itself(codes.view_recovery_codes), name="mfa_view_recovery_codes"),
    path(
        "2fa/codes/new/",
        asks_itself(codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "2fa/codes/file/",
        asks_itself(codes.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
    path("2fa/passkeys/", asks_itself(keys.list_webauthn), name="mfa_list_webauthn"),
    path("2fa/passkeys/add/", asks_itself(KeyAdding.as_view()), name="mfa_add_webauthn"),
    path("2fa/passkeys/<int:pk>/", asks_itself(keys.edit_webauthn), name="mfa_edit_webauthn"),
    path(
        "2fa/passkeys/<int:pk>/away/", asks_itself(keys.remove_webauthn), name="mfa_remove_webauthn"
    ),
    # Nobody signs up, and nobody gets a password by mail.
    path("signup/", nothing, name="account_signup"),
    path("password/set/", nothing, name="account_set_password"),
    path("password/reset/", nothing, name="account_reset_password"),
]
