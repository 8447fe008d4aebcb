"""
Cards of other operators' that people watch over: kept here, never sold.

    adding    a card comes under watch      about    what its keeper says of it, sealed
    listing   all that keepers have         plan     the cheapest way to keep one
    story     what happened to one, and what each thing did
    customers whose cards they are, where they are kept for a fee
"""
