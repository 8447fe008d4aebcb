"""What keeping a line costs a year, as far as it was searched for since the process began."""

from baohao.app.yearly import Yearlies

YEARLIES = Yearlies()
