"""My Pages: the account for web and app, its settings and its sign-ins. Not running yet."""

from alarm_company.my_pages._models import Account, SignIn

MODELS: list[type] = [Account, SignIn]

__all__ = ["MODELS", "Account", "SignIn"]
