/** What a service's own S3 client calls itself, with the service's name behind it: the store tells by this who wrote an object. */
export const writerPrefix = 'sandbox.';

/** The service whose run wrote an object, by what the writing client said of itself. */
export const writerOf = (userAgent: string): string | undefined => /(?:^| )app\/sandbox\.([^ ]+)/.exec(userAgent)?.[1];
