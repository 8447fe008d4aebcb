"""WeChat Pay: the gateway, what is signed and sealed on its wire, what it answers, its bills."""
