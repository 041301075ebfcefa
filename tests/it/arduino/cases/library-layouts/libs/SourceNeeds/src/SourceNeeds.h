int needy();
