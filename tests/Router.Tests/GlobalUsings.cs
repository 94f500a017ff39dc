global using Automation.EndToEnd;
