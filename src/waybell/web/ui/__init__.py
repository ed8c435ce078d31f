"""The pages: server-rendered HTML for people who signed in.

A module for each subject holds its pages and the actions of their forms. A page is plain HTML that works by links and
forms; `live.py` keeps open pages up to date.
"""
