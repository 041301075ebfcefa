enum Way { LEFT, RIGHT };
