"""My other cards: those of other operators' that a holder watches over, and what keeps each."""
