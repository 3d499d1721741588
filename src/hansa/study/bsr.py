"""The template of a live study: clusters around the Baltic Sea, and a scoreboard beside them."""

STUDY = """\
format = 1
title = "Clusters around the Baltic Sea"
summary = \"\"\"
Persons employed and wages in the business economy of the Baltic Sea regions: divisions of NACE,
NUTS 2 regions, compared with the countries of Europe that publish the same.\"\"\"

# Regions of the result, and the area they are shown beside. `hansa geographies` lists others.
geography = "bsr-nuts2-2021"
area = "baltic-countries"
area_name = "the ten Baltic Sea countries"
reference = "complete"
reference_name = "the reference countries"

# A new series starts in 2021: growth from 2020 to 2021 is not computed, so growth starts there.
period = [2021, 2023]

# Hidden cells lie within what the published sums allow, and are filled within these bounds.
hidden = "fill"

# Wages of a cluster grow faster or slower than those of all jobs of its region.
benchmark = "totals"

definitions = ["hansa-divisions"]
measures = [
    "employment", "cluster_share", "focus", "location_quotient_total",
    "growth_rate", "growth_annual", "growth_contribution",
    "average_wage", "relative_wage", "relative_wage_growth", "quadrant", "presence_stars",
]

[outputs]
geometry = "geometry/regions.geojson"

# Two tables of Eurostat, each with its own region codes, joined after conversion.
# Regions of Norway were cut anew in 2020: those of the earlier codes are left out by name.
[facts.business]
file = "facts/business-*.parquet"
level = { activity = "division", geo = "nuts2" }
convert = "nuts:2021"
leave_out = ["NO01", "NO02", "NO03", "NO04", "NO05"]

# What `hansa fetch` brings. Regions may be codes or patterns (SE??), `study`, `countries`.
# Of Germany and Poland all regions: what is hidden in some follows from sums over all.
[fetch.business]
extract = "regional-business"
parts = ["2018-2020", "2021-2024"]
geo = ["study", "countries", "DE??", "PL??"]

# The position of the region: what its prosperity is made of.
[fetch.position]
extract = [
    "gdp-euro", "gdp-pps", "population", "employment-accounts", "hours-worked",
    "employed-residents", "labour-force", "price-level",
]
geo = ["study", "countries", "EU27_2020"]
period = "2010:"

[fetch.indicators]
extract = [
    "gdp-per-head", "high-technology-employment", "unemployment-rate", "employment-rate",
    "tertiary-education", "lifelong-learning", "research-expenditure",
    "internet-daily", "life-expectancy",
]
geo = ["study", "countries"]
period = "2010:"

[fetch.regions]
dataset = "gisco:nuts-2021-20m-level2"

# An index folder made of the indicators: hansa index run indices/scoreboard --out out/scoreboard
[scoreboard.scoreboard]
title = "Scoreboard of the Baltic Sea regions"
indicators = [
    "gdp-per-head", "high-technology-employment", "unemployment-rate", "employment-rate",
    "tertiary-education", "lifelong-learning", "research-expenditure",
    "internet-daily", "life-expectancy",
]
"""
