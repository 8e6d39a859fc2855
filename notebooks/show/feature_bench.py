"""Features from a file: whose they may be, and what they sound like by a recipe."""

import ipywidgets as widgets

import audiotools as at
from show.panels import RESULT, WRAP, Picture, show_live, status_line
from show.players import Player, encode, level, row_html
from staircase.features import arrays_in

PICTURE = dict(n_fft=1024, hop_length=256)
LONGEST = 30.0  # seconds that are turned into sound


class FeatureBench(widgets.VBox):
    """A file of features, the recipes that it may be of, and its sound; see `feature_bench`."""

    def __init__(self, example, sr):
        self.arrays, self.X, self.name, self.words = {}, example, "the example", ""
        self.y, self.recipes = None, {}
        self.upload = widgets.FileUpload(description="Features", multiple=False)
        self.upload.layout.width = "auto"
        self.key = widgets.Dropdown(description="Array")
        self.recipe = widgets.Dropdown(description="Recipe", options=[*at.RECIPES])
        self.source, self.status = widgets.HTML(), widgets.HTML()
        self.picture, self.player = Picture(sr / 2), Player([RESULT])
        self.key.layout.display = "none"  # until a file holds several
        self.upload.observe(self._uploaded, names="value")
        self.key.observe(self._chosen, names="value")
        self.recipe.observe(self._hear, names="value")
        self._guess()
        if self.y is None:
            raise ValueError(f"no example: {self.words}")
        row = widgets.HBox([self.upload, self.key, self.recipe], layout=WRAP)
        super().__init__([row, self.source, self.status, self.picture, self.player])
        self.add_class("live-panel")

    def __repr__(self):
        return f"FeatureBench: {self.words}"

    def _ipython_display_(self):
        show_live(self, self.twin())

    def twin(self):
        """Returns as HTML what it says, shows and plays of the example."""
        sounds = row_html({RESULT: self.y}, self.rate)
        return f"<p>{self.source.value}{self.status.value}</p><p>{self.picture.html()}</p>{sounds}"

    def take(self, name, data):
        """Goes on with the bytes of a file, as if uploaded; returns what is said."""
        try:
            self.arrays, self.name = arrays_in(data, name), name
        except Exception as error:  # a panel never ends in a traceback
            return self._say(f"{error}. You hear the last one.", "")
        self.key.layout.display = None if len(self.arrays) > 1 else "none"
        self._offer(self.key, self.arrays, self._chosen)
        self._chosen()
        return self.words

    @staticmethod
    def _offer(dropdown, options, chosen):
        """Fills a dropdown and chooses the first, without a word to who listens to it."""
        dropdown.unobserve(chosen, names="value")
        dropdown.options, dropdown.index = [*options], 0
        dropdown.observe(chosen, names="value")

    def _uploaded(self, change):
        for file in change.new:
            self.take(file.name, bytes(file.content))

    def _chosen(self, change=None):
        """Goes on with the array that is chosen of those in the file."""
        self.X = self.arrays[self.key.value]
        self._guess()

    def _guess(self):
        """Says whose the features may be, and plays them by the likeliest recipe."""
        try:
            self.guesses = at.guess_recipe(self.X)
        except Exception as error:  # what a scaler left, integers
            self.guesses = []
            return self._say(f"{self.name}, {self.X.shape}: {error}. You hear the last one.", "")
        likely = {guess.name: guess.recipe for guess in self.guesses}
        self.recipes = likely | {
            name: at.RECIPES[name] for name in at.RECIPES if name not in likely
        }
        self._say(f"{self.name}, {self.X.shape}: {self.guesses.verdict}.", "")
        self._offer(self.recipe, self.recipes, self._hear)
        self._hear()

    def _hear(self, change=None):
        """Plays the features by the chosen recipe, or says why not."""
        name, recipe = self.recipe.value, self.recipes[self.recipe.value]
        reasons = [guess.reasons for guess in self.guesses if guess.name == name]
        why = "; ".join(reasons[0]) if reasons else "not among the guesses"
        n_frames = int(LONGEST * recipe.sr / recipe.hop_length)
        try:
            y = recipe.up(self.X[:n_frames] if recipe.in_rows else self.X[:, :n_frames])
        except Exception as error:  # features of another recipe
            return self._say(None, f"{name}: not possible: {error}. You hear the last one.")
        self.y, self.rate = y, recipe.sr
        (sound,) = level({RESULT: y}).values()
        S_db = at.pretty_spectrogram(y, **PICTURE)
        self.picture.draw(len(y) / self.rate, S_db, RESULT, self.rate / 2000, 0)
        self.player.set(RESULT, encode(sound, self.rate, "WAV"))
        self._say(None, f"{name}: {why}.")

    def _say(self, source, status):
        """Says what the file is, unless that stays as it was, and what is heard."""
        self.words = self.words if source is None else source
        self.source.value, self.status.value = status_line(self.words), status_line(status)
        return self.words


def feature_bench(*, example, sr):
    """Returns a bench for features in a file: whose they may be, and what they sound like.

    Parameters
    ----------
    example : ndarray
        Features that are heard until a file comes.
    sr : number
        Twice the highest frequency that is drawn, in Hz.
    """
    return FeatureBench(example, sr)
