"""Files of the payer: read line by line, kept once, whatever is sent twice."""
