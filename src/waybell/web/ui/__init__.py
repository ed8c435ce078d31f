"""The pages: server-rendered HTML for people who signed in.

A module for each subject holds its pages and what their forms do. A page is plain HTML that works by links and forms;
`live.py` lets the open ones follow what happens.
"""
