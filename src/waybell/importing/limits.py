"""Limits on a file, so that reading and carrying it out stay within memory and time."""

MAX_ROWS = 20_000  # rows that are not empty; the check of more would outlast the patience of a proxy
MAX_COLUMNS = 300
MAX_CELLS = 2_000_000  # the rectangle from the first to the last cell of a sheet
MAX_UNPACKED = 200 * 1024 * 1024  # bytes of a workbook when it is unpacked
MAX_MEMORY = 1024 * 1024 * 1024  # bytes of address space of the process that reads
MAX_SECONDS = 60.0
ROWS_OF_A_PART = 50  # what one transaction writes, and one page of the preview shows
MAX_PROBLEMS = 20  # that are kept of one row
