/** Where the certificate authorities of bound services are mounted in a container. Part of URLs in secrets, so fixed for ever. */
export const CA_DIRECTORY = '/run/cdk-private-backend/ca';

/** The PEM file with all certificate authorities of bound services. */
export const CA_FILE = `${CA_DIRECTORY}/ca.pem`;
