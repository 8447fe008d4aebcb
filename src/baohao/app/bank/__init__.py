"""
Bank transfers: what people pay into our own accounts, as the bank's statements say.

    importing  a statement's rows, each once for ever
    carry      each row into the books, and to what it is for
    by_hand    what a person matches, gives back and pays out
    ledger     what the gateway of transfers is asked
    listing    what there is
"""
