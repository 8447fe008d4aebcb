"""
Matching: each day a gateway's bill is held against our books, and those against what was bought.

    reading     a bill is read whole before anything is written of it
    differing   what is wrong with a bill's rows, and with ours
    putting     differences go before a person, and go again by themselves
    match       the days that are due, each in steps that may end anywhere
    listing     what was found, and the account with the gateway rolled forward
"""
