"""Texts in three languages, as documents and queries of tests are made of them."""

WORDS = {
    "de": "der Himmel ist blau und das Gras wächst neben dem alten Haus im kalten Schnee",
    "en": "the sky is blue and the grass grows beside the old house in the cold snow",
    "sw": "mbingu ni samawati na nyasi humea kando ya nyumba ya zamani katika theluji baridi",
}
RECORDS = 24
