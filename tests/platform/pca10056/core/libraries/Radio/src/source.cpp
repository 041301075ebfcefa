#error "where there is an archive for the board this is not compiled"
