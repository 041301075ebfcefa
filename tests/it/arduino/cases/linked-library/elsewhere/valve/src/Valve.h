int valve();
