"""The whole product on one machine: embedded services, simulators and the commands around them."""
