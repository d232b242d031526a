"""Reading files that may be refused, and must be refused in words."""

from porenet.errors import InputError


def attempt(step):
    """A result or an InputError whose message is one line with a place; anything else fails the test."""
    try:
        return step()
    except InputError as error:
        caught = error
    assert caught.where
    assert "\n" not in str(caught)
    assert len(str(caught)) < 3000
    return None
