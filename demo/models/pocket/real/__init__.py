"""The part of the pocket model that reads real life: photos, recordings and free sentences.

Pretrained trunks see and hear (../trunks); here their tokens are read together and put into words.
"""
