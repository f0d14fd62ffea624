"""Pages of the pathways: HTTP in, HTML out."""
