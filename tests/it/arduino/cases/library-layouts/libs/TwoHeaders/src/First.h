int first_one();
