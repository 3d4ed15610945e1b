"""S3: buckets of a repository for boto3, the AWS command line, rclone, s3fs and DVC. Read routes.py first."""
