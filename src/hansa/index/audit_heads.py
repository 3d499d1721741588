"""Names of the tables of an audit and of their columns, for the catalogues of languages."""

HEADS = tuple(
    """\
Aggregate, Alpha, Alpha standardised, Became missing, Best, Best proven, Clipped, Code, Complete
rows, Constant, Correlation ratio, Correlations, Covariance with rest, Coverage, Coverage by
unit, Denominator, Denominators, Direction, Effective weight, Element, Elements, Evaluations,
Exact, Exact rank intervals, Factor, Families, Filled, Filled by indicator, Filled by unit,
First, First eigenvalue, First high, First low, First share, First year, Flag, G1, G1 after, G1
last, G2, G2 after, G2 last, Gaps, Goalpost high, Goalpost low, Greatest, Group, High,
Importance, Indicator, Kmo, Knots, Kurtosis, Largest change, Last year, League, Least, Level,
Loading 1, Loading 2, Loadings, Low, Maximum, Mean, Mean rank, Mean shift, Median, Median rank,
Minimum, Moved, N, Name, Negative loadings, Note, Of, P, Parent, Passes, Place, Quality, R, R
squared, R with index, Rank, Rank without, Ranked, Ranks in replications, Rationale, Raw
maximum, Raw minimum, Reach, Removal, Replications, Role, Rows, Rule, Scales, Score, Sd, Second,
Second eigenvalue, Sensitivity, Share nonzero, Share same, Share unique, Siblings, Side,
Significant, Skewness, Source, Stage, Statistics, Strengths, Target, Times, Total, Total high,
Total low, Treatment, Tree, Unit, Unit moved most, Units moved, Weight, Weight filled, Weights,
Worst, Worst proven, Years, Outcome links, P holm, Pearson, Spearman, Kendall, Fisher low,
Fisher high, Bootstrap low, Bootstrap high, Outcome, Measured, Without one low, Without one
high, Without lowest, Without highest, Far units, Shared,
Framework""".replace("\n", " ").split(", ")
)
"""As a report writes them, with a capital; `docs/texts.py` collects them."""
