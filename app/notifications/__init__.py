"""Notices, letters and webhooks: how the messages of every room reach people and their systems.

Words: a *message* is a row of `core.messages`; a *notice* is a message as a person reads it on the page; a *mark*
says that the person read it; a *letter* is a mail or SMS of `core.outgoing`; a *digest* is the one mail a day; a
*hook* is an organisation's webhook and a *delivery* one call of it. A leaf: nobody imports this room; it knows
core, web and accounts.
"""
