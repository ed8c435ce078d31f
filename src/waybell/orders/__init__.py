"""What is to be delivered or collected, where and when, and with which outcome?"""
