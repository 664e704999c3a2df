"""Single questions about Iskandar that bench/run leaves open. Each module is a program of this folder."""
