// Does with aws-sdk-go v1 what oscar-cli does with files, and prints what it saw, one JSON object.
package main

import (
	"bytes"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go/aws"
	"github.com/aws/aws-sdk-go/aws/awserr"
	"github.com/aws/aws-sdk-go/aws/credentials"
	"github.com/aws/aws-sdk-go/aws/session"
	"github.com/aws/aws-sdk-go/service/s3"
	"github.com/aws/aws-sdk-go/service/s3/s3manager"
)

type facts map[string]any

func main() {
	log.SetFlags(0)
	bucket := aws.String(os.Args[1])
	aws3 := session.Must(session.NewSession(&aws.Config{
		Endpoint:         aws.String("http://" + os.Getenv("S3_HOST")),
		Region:           aws.String("us-east-1"),
		Credentials:      credentials.NewStaticCredentials(os.Getenv("S3_ACCESS_KEY"), os.Getenv("S3_SECRET_KEY"), ""),
		S3ForcePathStyle: aws.Bool(true),
	}))
	client := s3.New(aws3)
	must(client.CreateBucket(&s3.CreateBucketInput{Bucket: bucket}))
	result := facts{
		"small": roundTrip(aws3, bucket, "in/small.txt", []byte("a few bytes")),
		"empty": roundTrip(aws3, bucket, "in/empty", nil),
		"parts": roundTrip(aws3, bucket, "in/large é.bin", bytes.Repeat([]byte("0123456789abcdef"), 12<<16)),
	}
	// oscar-cli reads the time and the size of each entry without looking whether they are there.
	for _, object := range must(client.ListObjects(&s3.ListObjectsInput{Bucket: bucket, Prefix: aws.String("in/")})).Contents {
		result["list "+*object.Key] = facts{"size": *object.Size, "dated": time.Since(*object.LastModified) < time.Hour}
	}
	result["missing"] = code(client.HeadObject(&s3.HeadObjectInput{Bucket: bucket, Key: aws.String("in/none")}))
	result["presigned"] = presigned(client, bucket)
	must(client.DeleteObject(&s3.DeleteObjectInput{Bucket: bucket, Key: aws.String("in/small.txt")}))
	result["deleted"] = code(client.GetObject(&s3.GetObjectInput{Bucket: bucket, Key: aws.String("in/small.txt")}))
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		log.Fatal(err)
	}
}

// Up and down again: in parts of 5 MiB where it is longer than one.
func roundTrip(aws3 *session.Session, bucket *string, key string, content []byte) facts {
	must(s3manager.NewUploader(aws3).Upload(&s3manager.UploadInput{Bucket: bucket, Key: &key, Body: bytes.NewReader(content)}))
	head := must(s3.New(aws3).HeadObject(&s3.HeadObjectInput{Bucket: bucket, Key: &key}))
	buffer := aws.NewWriteAtBuffer(nil)
	must(s3manager.NewDownloader(aws3).Download(buffer, &s3.GetObjectInput{Bucket: bucket, Key: &key}))
	return facts{"size": *head.ContentLength, "same": bytes.Equal(buffer.Bytes(), content)}
}

func presigned(client *s3.S3, bucket *string) string {
	request, _ := client.GetObjectRequest(&s3.GetObjectInput{Bucket: bucket, Key: aws.String("in/small.txt")})
	answer := must(http.Get(must(request.Presign(time.Minute))))
	return string(must(io.ReadAll(answer.Body)))
}

func code(_ any, err error) string {
	failure, ok := err.(awserr.Error)
	if !ok {
		log.Fatalf("expected an answer with an error code, got: %v", err)
	}
	return failure.Code()
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
