"""The HTTP interface: decode a body, call one function of the core, encode what came out.

Two kinds of process. The *server* speaks HTTP, holds no model and never computes, so that it answers at once whatever
is being scored. *Workers* each hold the models and score one request at a time; they are started as programs of their
own, never forked, and a body reaches them as the bytes that came.

::

    app ─ routes ─ receiving ─► pool ══ wire ══► worker ─► answering ─► bodies | parts | references
                                                                   └─► scoring ─► encoding
"""
