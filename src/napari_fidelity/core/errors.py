"""The one exception whose message is written for a person."""


class UserError(ValueError):
    """Input that cannot be used; the message is a whole sentence for the user.

    The command line prints it and exits with 2, a dock shows it beside its button. It names
    the value that was wrong and what to do about it. Anything else that is raised is a bug.
    """
