"""
Payments: money that comes through gateways ends as what was quoted, a refund, or an exception.

    begin       a quote becomes an order at a gateway
    learn       what a gateway tells
    carry       the janitor: asks gateways, buys what was quoted, gives back what cannot be used
    refunding   money goes back by the way it came
    exceptions  what waits for a person
    listing     what there is
"""

from baohao.store.payments import Asked, Kept

__all__ = ["Asked", "Kept"]
