#error the other one
