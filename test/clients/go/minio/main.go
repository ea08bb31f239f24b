// Drives minio-go against an S3 server and prints what it saw, one JSON object.
package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	"github.com/minio/minio-go/v7/pkg/tags"
)

type facts map[string]any

type scenario func(ctx context.Context, client *minio.Client, bucket string) facts

var scenarios = map[string]scenario{
	"files":     files,
	"listen":    listen,
	"presigned": presigned,
	"compose":   compose,
	"manage":    manage,
}

func main() {
	log.SetFlags(0)
	name, bucket := os.Args[1], os.Args[2]
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	client := must(minio.New(os.Getenv("S3_HOST"), &minio.Options{
		Creds: credentials.NewStaticV4(os.Getenv("S3_ACCESS_KEY"), os.Getenv("S3_SECRET_KEY"), ""),
	}))
	check(client.MakeBucket(ctx, bucket, minio.MakeBucketOptions{}))
	check(json.NewEncoder(os.Stdout).Encode(scenarios[name](ctx, client, bucket)))
}

// A small file goes in one signed stream of chunks, a large one in parts.
func files(ctx context.Context, client *minio.Client, bucket string) facts {
	folder := must(os.MkdirTemp("", "minio-go-"))
	defer os.RemoveAll(folder)
	result := facts{}
	for name, size := range map[string]int{"small": 70_000, "large": 20 << 20} {
		sent, received := filepath.Join(folder, name), filepath.Join(folder, name+".back")
		content := pattern(size)
		check(os.WriteFile(sent, content, 0o600))
		info := must(client.FPutObject(ctx, bucket, "dir/"+name+".bin", sent, minio.PutObjectOptions{}))
		check(client.FGetObject(ctx, bucket, "dir/"+name+".bin", received, minio.GetObjectOptions{}))
		result[name] = facts{
			"size":  info.Size,
			"parts": strings.Contains(info.ETag, "-"),
			"same":  digest(must(os.ReadFile(received))) == digest(content),
		}
	}
	return result
}

// Object events arrive while the request for them is open.
func listen(ctx context.Context, client *minio.Client, bucket string) facts {
	heard := client.ListenBucketNotification(ctx, bucket, "in/", ".txt", []string{"s3:ObjectCreated:*", "s3:ObjectRemoved:*"})
	first := make(chan facts)
	go func() {
		for info := range heard {
			check(info.Err)
			for _, record := range info.Records {
				first <- facts{"event": record.EventName, "key": must(url.QueryUnescape(record.S3.Object.Key))}
			}
		}
	}()
	// Whoever has just begun to listen may miss the first events, so they are repeated.
	for {
		put(ctx, client, bucket, "in/skipped.bin", []byte("no"))
		put(ctx, client, bucket, "in/a b.txt", []byte("yes"))
		select {
		case seen := <-first:
			return seen
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func presigned(ctx context.Context, client *minio.Client, bucket string) facts {
	upload := must(client.PresignedPutObject(ctx, bucket, "put.txt", time.Minute))
	request := must(http.NewRequest(http.MethodPut, upload.String(), strings.NewReader("by address")))
	putStatus := must(http.DefaultClient.Do(request)).StatusCode
	download := must(client.PresignedGetObject(ctx, bucket, "put.txt", time.Minute, url.Values{
		"response-content-type": {"text/x-asked"},
	}))
	answer := must(http.Get(download.String()))
	forged := must(http.Get(strings.Replace(download.String(), "put.txt", "other.txt", 1)))
	return facts{
		"put":    putStatus,
		"got":    string(must(io.ReadAll(answer.Body))),
		"type":   answer.Header.Get("Content-Type"),
		"forged": forged.StatusCode,
		"form":   form(ctx, client, bucket),
	}
}

func form(ctx context.Context, client *minio.Client, bucket string) facts {
	policy := minio.NewPostPolicy()
	check(policy.SetBucket(bucket))
	check(policy.SetKeyStartsWith("form/"))
	check(policy.SetExpires(time.Now().UTC().Add(time.Minute)))
	check(policy.SetContentLengthRange(1, 10))
	address, fields, err := client.PresignedPostPolicy(ctx, policy)
	check(err)
	fields["key"] = "form/small.txt"
	allowed := postForm(address.String(), fields, "12345")
	fields["key"] = "form/large.txt"
	return facts{"allowed": allowed, "tooLarge": postForm(address.String(), fields, "12345678901")}
}

func postForm(address string, fields map[string]string, content string) int {
	var body bytes.Buffer
	writer := multipart.NewWriter(&body)
	for name, value := range fields {
		check(writer.WriteField(name, value))
	}
	must(must(writer.CreateFormFile("file", "a.txt")).Write([]byte(content)))
	check(writer.Close())
	return must(http.Post(address, writer.FormDataContentType(), &body)).StatusCode
}

// Three objects become one, on the server: each but the last is a whole part.
func compose(ctx context.Context, client *minio.Client, bucket string) facts {
	first, second, last := pattern(6<<20), pattern(5<<20+1), []byte("the end")
	sources := []minio.CopySrcOptions{}
	for i, content := range [][]byte{first, second, last} {
		key := fmt.Sprintf("part %d", i)
		put(ctx, client, bucket, key, content)
		sources = append(sources, minio.CopySrcOptions{Bucket: bucket, Object: key})
	}
	sources[1].MatchRange, sources[1].Start, sources[1].End = true, 1, 5<<20
	must(client.ComposeObject(ctx, minio.CopyDestOptions{Bucket: bucket, Object: "whole"}, sources...))
	whole := bytes.Join([][]byte{first, second[1:], last}, nil)
	copied := must(client.CopyObject(ctx,
		minio.CopyDestOptions{Bucket: bucket, Object: "copy", ReplaceMetadata: true, UserMetadata: map[string]string{"Color": "blue"}},
		minio.CopySrcOptions{Bucket: bucket, Object: "part 2"}))
	stat := must(client.StatObject(ctx, bucket, copied.Key, minio.StatObjectOptions{}))
	return facts{
		"composed": digest(get(ctx, client, bucket, "whole")) == digest(whole),
		"copied":   string(get(ctx, client, bucket, "copy")),
		"color":    stat.UserMetadata["Color"],
	}
}

func manage(ctx context.Context, client *minio.Client, bucket string) facts {
	for _, key := range []string{"a/1", "a/2", "b/ñ 3", "c"} {
		put(ctx, client, bucket, key, []byte(key))
	}
	labels := must(tags.MapToObjectTags(map[string]string{"kind": "letter"}))
	check(client.PutObjectTagging(ctx, bucket, "c", labels, minio.PutObjectTaggingOptions{}))
	back := must(client.GetObjectTagging(ctx, bucket, "c", minio.GetObjectTaggingOptions{}))
	top, before := keys(ctx, client, bucket, false), keys(ctx, client, bucket, true)
	objects := make(chan minio.ObjectInfo, len(before))
	for _, key := range before {
		objects <- minio.ObjectInfo{Key: key}
	}
	close(objects)
	for failure := range client.RemoveObjects(ctx, bucket, objects, minio.RemoveObjectsOptions{}) {
		check(failure.Err)
	}
	left := keys(ctx, client, bucket, true)
	check(client.RemoveBucket(ctx, bucket))
	_, err := client.StatObject(ctx, bucket, "c", minio.StatObjectOptions{})
	return facts{
		"tags": back.ToMap(), "top": top, "all": before, "left": len(left),
		"exists": must(client.BucketExists(ctx, bucket)), "code": minio.ToErrorResponse(err).Code,
	}
}

func keys(ctx context.Context, client *minio.Client, bucket string, recursive bool) []string {
	found := []string{}
	for object := range client.ListObjects(ctx, bucket, minio.ListObjectsOptions{Recursive: recursive}) {
		check(object.Err)
		found = append(found, object.Key)
	}
	return found
}

func put(ctx context.Context, client *minio.Client, bucket, key string, content []byte) {
	must(client.PutObject(ctx, bucket, key, bytes.NewReader(content), int64(len(content)), minio.PutObjectOptions{}))
}

func get(ctx context.Context, client *minio.Client, bucket, key string) []byte {
	return must(io.ReadAll(must(client.GetObject(ctx, bucket, key, minio.GetObjectOptions{}))))
}

func pattern(size int) []byte {
	content := make([]byte, size)
	for i := range content {
		content[i] = byte(i*7 + i>>8)
	}
	return content
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func must[T any](value T, err error) T {
	check(err)
	return value
}
