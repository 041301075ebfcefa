int second_one();
