"""Documents that came from elsewhere: kept verbatim, shown inert, filed by somebody."""
