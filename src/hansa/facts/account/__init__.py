"""A printed account: the tables of a text, and what the text says of them, held together."""
