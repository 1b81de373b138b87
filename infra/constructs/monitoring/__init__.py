"""What watches edgeship itself in CloudWatch: its alarms, and a page of graphs."""
