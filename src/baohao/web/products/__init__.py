"""The library as everybody finds it: each product's rules, drawn and said in plain words."""
