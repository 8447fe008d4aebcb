"""Payment gateways, as their settings say."""

from __future__ import annotations

from baohao.config import BadSetting, StripeAccount, WechatAccount
from baohao.outside.stripe.gateway import Account
from baohao.outside.wechat_pay.gateway import Way, WechatPay
from baohao.outside.wechat_pay.messages import Merchant


def stripe_account(account: StripeAccount) -> Account:
    """Return an account at Stripe as its adapter takes it."""
    return Account(
        url=account.url,
        key=account.key,
        signing=account.signing,
        account=account.account,
        return_url=account.return_url,
    )


def wechat_pay(account: WechatAccount) -> WechatPay:
    """Return what speaks to WeChat Pay for a merchant; raises `BadSetting`."""
    try:
        merchant = Merchant(
            mchid=account.mchid,
            appid=account.appid,
            sub_mchid=account.sub_mchid,
            serial=account.serial,
            private_key=account.private_key_file.read_bytes(),
            apiv3_key=account.apiv3_key,
            platform_keys={account.platform_key_id: account.platform_key_file.read_bytes()},
        )
        way = Way(
            url=account.url,
            is_global=account.is_global,
            currencies=account.currencies,
            refund_notify_url=account.refund_notify_url,
        )
        return WechatPay(merchant, way)
    except OSError as error:
        raise BadSetting(f"{error.filename} cannot be read: {error.strerror}") from None
    except (ValueError, TypeError):
        # What is wrong with a key is not said: it would be said of what the key is.
        files = f"{account.private_key_file} and {account.platform_key_file}"
        raise BadSetting(f"{files} must be keys in PEM, without a password") from None
