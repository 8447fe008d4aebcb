"""Pages for people, by Django under WSGI: the public, holders, the counter, agents, operators."""
