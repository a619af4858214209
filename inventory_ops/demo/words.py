"""The vocabulary of the sample data: merchants, categories with their goods, people, remarks."""

from __future__ import annotations

from dataclasses import dataclass

# vendor number, name, currency, time zone, share of a lost unit's value that is credited
MERCHANTS = [
    ("N1001", "Northmoor Home", "GBP", "Europe/London", "0.80"),
    ("N1002", "Calder & Finch", "GBP", "Europe/London", "0.75"),
    ("N1003", "Thistle Row", "GBP", "Europe/London", "0.85"),
    ("N1004", "Brightwater Outdoors", "GBP", "Europe/London", "0.80"),
    ("N1005", "Pennine Pantry", "GBP", "Europe/London", "0.90"),
    ("N1006", "Hartwell Electricals", "GBP", "Europe/London", ""),
    ("N1007", "Saltmarsh Toys", "GBP", "Europe/London", "0.70"),
    ("N2001", "Lindenhof Küche", "EUR", "Europe/Berlin", "0.80"),
    ("N2002", "Werkstatt Süd", "EUR", "Europe/Berlin", "0.75"),
    ("N2003", "Maison Corail", "EUR", "Europe/Paris", "0.80"),
    ("N2004", "Casa Olivar", "EUR", "Europe/Madrid", "0.85"),
    ("N2005", "Botanica Nord", "EUR", "Europe/Amsterdam", "0.80"),
    ("N2006", "Velluto Casa", "EUR", "Europe/Rome", ""),
    ("N3001", "Cedar Ridge Goods", "USD", "America/New_York", "0.80"),
    ("N3002", "Harbor & Pine", "USD", "America/Chicago", "0.75"),
    ("N3003", "Sagebrush Supply", "USD", "America/Denver", "0.80"),
    ("N3004", "Pacific Loft", "USD", "America/Los_Angeles", "0.85"),
    ("N3005", "Little Fern Baby", "USD", "America/New_York", "0.90"),
    ("N4001", "Hanami Living", "JPY", "Asia/Tokyo", "0.80"),
    ("N4002", "Kumo Audio", "JPY", "Asia/Tokyo", "0.75"),
    ("N5001", "Fjällgård", "SEK", "Europe/Stockholm", "0.80"),
    ("N6001", "Dom i Ogród", "PLN", "Europe/Warsaw", "0.80"),
    ("N7001", "Wattle & Co", "AUD", "Australia/Sydney", "0.80"),
    ("N8001", "Matterhaus", "CHF", "Europe/Zurich", "0.85"),
]

# what each merchant sells
ASSORTMENTS = {
    "N1001": ("Bed Linen", "Storage", "Tableware", "Lighting"),
    "N1002": ("Cookware", "Kettles & Coffee", "Tableware"),
    "N1003": ("Candles & Scent", "Skin Care", "Notebooks & Pens"),
    "N1004": ("Camping", "Garden Tools"),
    "N1005": ("Tea & Coffee", "Snacks & Sweets", "Tableware"),
    "N1006": ("Small Appliances", "Chargers & Cables", "Audio", "Kettles & Coffee"),
    "N1007": ("Wooden Toys", "Baby Care", "Notebooks & Pens"),
    "N2001": ("Cookware", "Small Appliances", "Kettles & Coffee", "Tableware"),
    "N2002": ("Hand Tools", "Garden Tools", "Storage"),
    "N2003": ("Bed Linen", "Candles & Scent", "Lighting", "Skin Care"),
    "N2004": ("Tableware", "Snacks & Sweets", "Cookware"),
    "N2005": ("Garden Tools", "Skin Care", "Vitamins", "Tea & Coffee"),
    "N2006": ("Bed Linen", "Lighting", "Storage"),
    "N3001": ("Camping", "Hand Tools", "Storage"),
    "N3002": ("Notebooks & Pens", "Candles & Scent", "Bed Linen"),
    "N3003": ("Camping", "Garden Tools", "Hand Tools"),
    "N3004": ("Lighting", "Tableware", "Audio"),
    "N3005": ("Baby Care", "Wooden Toys", "Skin Care"),
    "N4001": ("Tableware", "Tea & Coffee", "Notebooks & Pens", "Skin Care"),
    "N4002": ("Audio", "Chargers & Cables"),
    "N5001": ("Camping", "Storage", "Bed Linen"),
    "N6001": ("Garden Tools", "Hand Tools", "Lighting"),
    "N7001": ("Vitamins", "Skin Care", "Baby Care", "Snacks & Sweets"),
    "N8001": ("Kettles & Coffee", "Tea & Coffee", "Snacks & Sweets", "Hand Tools"),
}

# units of the currency for one pound, and the step that prices end on
CURRENCIES = {
    "GBP": (1.0, "0.99"),
    "EUR": (1.15, "0.95"),
    "USD": (1.3, "0.99"),
    "JPY": (190.0, "80"),
    "SEK": (13.0, "9"),
    "PLN": (5.0, "0.99"),
    "AUD": (1.95, "0.95"),
    "CHF": (1.1, "0.90"),
}

# store number and its weight in orders, by currency
STORES = {
    "GBP": [("UK-WEB", 6), ("UK-APP", 4)],
    "EUR": [("DE-WEB", 4), ("FR-WEB", 3), ("ES-WEB", 2)],
    "USD": [("US-WEB", 5), ("US-APP", 3)],
    "JPY": [("JP-WEB", 1)],
    "SEK": [("SE-WEB", 1)],
    "PLN": [("PL-WEB", 1)],
    "AUD": [("AU-WEB", 1)],
    "CHF": [("CH-WEB", 1)],
}


@dataclass(frozen=True, slots=True)
class Goods:
    """A category of goods. Prices are in pounds; shelf life in days, 0 for what does not expire; `peak` is the
    share of extra demand before Christmas."""

    category: str
    parent: str
    commission: str
    nouns: tuple[str, ...]
    kinds: tuple[str, ...]
    brands: tuple[str, ...]
    low: float
    high: float
    shelf_life: int = 0
    peak: float = 0.6


GOODS = [
    Goods(
        "Kettles & Coffee",
        "Kitchen",
        "12",
        ("Kettle", "Coffee Maker", "Milk Frother", "Coffee Grinder", "Moka Pot"),
        ("Steel", "Matt Black", "Gooseneck", "Compact", "1.7 l", "Glass"),
        ("Aldous", "Brewhaus", "Varmo"),
        14,
        120,
    ),
    Goods(
        "Cookware",
        "Kitchen",
        "13.5",
        ("Frying Pan", "Saucepan", "Stock Pot", "Casserole", "Wok", "Grill Pan"),
        ("24 cm", "28 cm", "Cast Iron", "Non-Stick", "Copper Base", "Induction"),
        ("Fornello", "Aldous", "Ironside"),
        18,
        140,
    ),
    Goods(
        "Tableware",
        "Kitchen",
        "14",
        ("Dinner Plate Set", "Bowl Set", "Mug", "Carafe", "Serving Board", "Cutlery Set"),
        ("Stoneware", "Sage", "Porcelain", "Speckled", "Acacia", "16-Piece"),
        ("Terravale", "Isla & Oak", "Fornello"),
        6,
        75,
    ),
    Goods(
        "Bed Linen",
        "Home",
        "15",
        ("Duvet Cover", "Fitted Sheet", "Pillowcase Pair", "Quilt", "Throw"),
        ("Washed Linen", "Percale", "Single", "King", "Striped", "Ochre"),
        ("Nocturne", "Hush & Co", "Linnea"),
        12,
        130,
    ),
    Goods(
        "Lighting",
        "Home",
        "15",
        ("Table Lamp", "Pendant Light", "Floor Lamp", "Desk Lamp", "String Lights"),
        ("Brass", "Rattan", "Opal Glass", "Dimmable", "Terracotta", "Tripod"),
        ("Lumen", "Halden", "Isla & Oak"),
        15,
        160,
        peak=0.9,
    ),
    Goods(
        "Storage",
        "Home",
        "12",
        ("Basket", "Shelf Unit", "Laundry Hamper", "Storage Box", "Coat Rack"),
        ("Seagrass", "Oak", "Stackable", "Large", "Folding", "White"),
        ("Ordna", "Halden", "Basketry"),
        8,
        95,
        peak=0.2,
    ),
    Goods(
        "Candles & Scent",
        "Home",
        "18",
        ("Scented Candle", "Reed Diffuser", "Room Spray", "Tealights"),
        ("Fig", "Cedar & Amber", "Sea Salt", "Winter Spice", "Unscented", "Lavender"),
        ("Wick & Wild", "Halcyon", "Nordlys"),
        6,
        45,
        peak=1.4,
    ),
    Goods(
        "Audio",
        "Electronics",
        "8",
        ("Headphones", "Bluetooth Speaker", "Soundbar", "Earbuds", "Turntable"),
        ("Wireless", "Noise Cancelling", "Mini", "Studio", "Graphite", "Walnut"),
        ("Kumo", "Sonder", "Veldt"),
        25,
        320,
        peak=1.1,
    ),
    Goods(
        "Small Appliances",
        "Electronics",
        "9",
        ("Toaster", "Blender", "Hand Mixer", "Air Fryer", "Fan Heater", "Iron"),
        ("2-Slice", "Cordless", "5 l", "Digital", "Retro Cream", "1200 W"),
        ("Hartwell", "Varmo", "Quill"),
        20,
        180,
    ),
    Goods(
        "Chargers & Cables",
        "Electronics",
        "10",
        ("USB-C Cable", "Wall Charger", "Power Bank", "Car Charger", "Travel Adapter"),
        ("2 m", "65 W", "Braided", "Dual", "10,000 mAh", "Slim"),
        ("Volta", "Quill", "Ampere"),
        6,
        55,
        peak=0.4,
    ),
    Goods(
        "Skin Care",
        "Beauty",
        "20",
        ("Face Cream", "Cleansing Oil", "Hand Balm", "Serum", "Lip Balm", "Body Lotion"),
        ("Rose", "Vitamin C", "Fragrance Free", "Oat", "Night", "50 ml"),
        ("Alba", "Botanica", "Petrichor"),
        5,
        60,
        shelf_life=420,
        peak=0.8,
    ),
    Goods(
        "Vitamins",
        "Beauty",
        "18",
        ("Vitamin D3", "Omega-3", "Magnesium", "Multivitamin", "Zinc"),
        ("90 Capsules", "Vegan", "Drops", "60 Tablets", "High Strength"),
        ("Vitalis", "Botanica", "Kernel"),
        7,
        38,
        shelf_life=300,
        peak=0.0,
    ),
    Goods(
        "Tea & Coffee",
        "Pantry",
        "16",
        ("Loose Tea", "Coffee Beans", "Herbal Tea", "Drinking Chocolate"),
        ("Breakfast", "Single Origin", "Decaf", "250 g", "Peppermint", "Dark"),
        ("Pennine", "Leaf & Stone", "Cordillera"),
        4,
        28,
        shelf_life=210,
        peak=0.9,
    ),
    Goods(
        "Snacks & Sweets",
        "Pantry",
        "17",
        ("Shortbread", "Chocolate Bar", "Nut Mix", "Fudge", "Granola", "Honey"),
        ("Sea Salt", "Gift Tin", "Almond", "No Added Sugar", "500 g", "Ginger"),
        ("Pennine", "Orchard Lane", "Miel"),
        3,
        24,
        shelf_life=150,
        peak=1.6,
    ),
    Goods(
        "Wooden Toys",
        "Toys & Baby",
        "14",
        ("Building Blocks", "Train Set", "Puzzle", "Stacking Rings", "Play Kitchen"),
        ("Rainbow", "40-Piece", "Farm", "Beech", "Alphabet", "Forest"),
        ("Saltmarsh", "Holzfuchs", "Little Fern"),
        9,
        95,
        peak=2.0,
    ),
    Goods(
        "Baby Care",
        "Toys & Baby",
        "13",
        ("Muslin Set", "Baby Bottle", "Changing Mat", "Sleeping Bag", "Bib Pack"),
        ("Organic Cotton", "Anti-Colic", "Clouds", "0-6 Months", "3-Pack"),
        ("Little Fern", "Lulla", "Hush & Co"),
        6,
        60,
        peak=0.1,
    ),
    Goods(
        "Camping",
        "Outdoor",
        "11",
        ("Tent", "Sleeping Mat", "Head Torch", "Camp Stove", "Cool Box", "Flask"),
        ("2-Person", "Ultralight", "Insulated", "400 lm", "Folding", "1 l"),
        ("Brightwater", "Ridgeline", "Fjäll"),
        12,
        260,
        peak=-0.3,
    ),
    Goods(
        "Garden Tools",
        "Outdoor",
        "11",
        ("Secateurs", "Hand Trowel", "Watering Can", "Garden Gloves", "Plant Pot", "Hose"),
        ("Carbon Steel", "Ash Handle", "9 l", "Galvanised", "15 m", "Bypass"),
        ("Botanica", "Spade & Sons", "Ogród"),
        6,
        70,
        peak=-0.4,
    ),
    Goods(
        "Hand Tools",
        "Outdoor",
        "10",
        ("Screwdriver Set", "Claw Hammer", "Spirit Level", "Hex Key Set", "Pliers", "Tape Measure"),
        ("Insulated", "12-Piece", "5 m", "Magnetic", "Compact", "VDE"),
        ("Werkstatt", "Ironside", "Spade & Sons"),
        7,
        85,
        peak=0.7,
    ),
    Goods(
        "Notebooks & Pens",
        "Stationery",
        "16",
        ("Notebook", "Fountain Pen", "Weekly Planner", "Gel Pen Set", "Desk Pad"),
        ("A5", "Dotted", "Linen Cover", "0.5 mm", "Undated", "Recycled"),
        ("Foolscap", "Kami", "Quill"),
        3,
        48,
        peak=0.8,
    ),
]

FIRST_NAMES = (
    *("Amelia", "Noah", "Priya", "Jonas", "Mei", "Luca", "Sofia", "Omar", "Freya", "Hugo", "Ines", "Kenji", "Ada"),
    *("Marek", "Chloe", "Ravi", "Elin", "Tomas", "Yuki", "Nina", "Samir", "Greta", "Paul", "Lea", "Daniel", "Zoe"),
)
LAST_NAMES = (
    *("Barker", "Okafor", "Schmidt", "Nakamura", "Rossi", "Dubois", "Kowalska", "Larsson", "Hughes", "Patel", "Novak"),
    *("Garcia", "Weber", "Tanaka", "Moreau", "Evans", "Ali", "Berg", "Fischer", "Walsh", "Romero", "Meyer", "Clarke"),
)
COMMENTS = (
    "Can this be gift wrapped?",
    "Is delivery before the weekend possible?",
    "Voucher was not accepted, please help",
    "Do you ship to a parcel locker?",
    "Please leave with the neighbour at number 12",
    "The price changed while I was checking out",
    "Card declined although there is money on it",
    "Waiting for payday, please keep my basket",
    "Which size is the smaller one?",
    "Delivery cost seems high for one item",
)
CARD_ISSUES = (
    ("51: Insufficient funds", 8),
    ("05: Do not honour", 6),
    ("54: Expired card", 4),
    ("3DS: Authentication failed", 5),
    ("N7: CVV mismatch", 3),
    ("61: Exceeds withdrawal limit", 2),
    ("91: Issuer unavailable", 2),
)
PROMO_CODES = (("WELCOME10", 10), ("SUMMER15", 15), ("FREESHIP", 5), ("VIP20", 20), ("BUNDLE5", 5))
ADJUSTMENT_NOTES = {
    "count": "Cycle count",
    "damaged": "Carton crushed in receiving",
    "lost": "Not found at pick location",
    "found": "Found behind the rack",
    "correction": "Delivery note was wrong",
}
