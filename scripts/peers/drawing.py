"""Plots as small SVG files whose text stays text, legible on a phone."""
import contextlib


@contextlib.contextmanager
def axes_of(file, title, xlabel="", ylabel=""):
    """Axes to draw on; the file is written behind."""
    import matplotlib
    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "weft",  # the same picture from the same numbers
                                "svg.fonttype": "none", "font.size": 12, "font.family": "sans-serif", "axes.titlesize": 11})
    from matplotlib import pyplot
    figure, axes = pyplot.subplots(figsize=(7, 4.5))
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
    axes.grid(alpha=0.3)
    yield axes
    figure.tight_layout()
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, metadata={"Date": None})
    pyplot.close(figure)


def plain_numbers(axis, values=None):
    """Ticks of a logarithmic axis as 1,024 rather than as powers; at these values only."""
    from matplotlib import ticker
    if values:
        axis.set_major_locator(ticker.FixedLocator(values))
    axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:g}"))
    axis.set_minor_formatter(ticker.NullFormatter())
