"""As thin as views: parse, call one service, print."""
