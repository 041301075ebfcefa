int sees();
