"""AWS and Cloudflare on one machine: an emulator, CloudFront, CloudWatch and a Cloudflare stand-in around it.

README.md beside this file says what is imitated and how to use it. `cloud.Cloud` is the way in.
"""
