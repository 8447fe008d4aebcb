"""
Brought: files of cards that people bring along, ours and those of other trackers.

Bytes and a name go in; out come rows that say what is known of a card, and findings that say what
could not be read, where, and why. Nothing here decides anything or knows a database.

    read       which format a file is of, and its rows
    model      what a row can say, and what is wrong with one
    products   which product of the library a file means
    (formats)  own_csv, own_json, and one file for each tracker; written down in
               docs/how-to/bring-your-cards.md with the sources that they were read from
"""
