import { Duration, Stack } from 'aws-cdk-lib';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import type { Construct } from 'constructs';
import { physicalName } from '../../private/physical-name';

/** Headers that browsers obey, on every answer and whatever the bucket says. */
export function createSecurityHeaders(scope: Construct, contentSecurityPolicy: string): cloudfront.ResponseHeadersPolicy {
  const { HeadersFrameOption, HeadersReferrerPolicy } = cloudfront;
  return new cloudfront.ResponseHeadersPolicy(scope, 'SecurityHeaders', {
    // Unique in an account, whatever the region.
    responseHeadersPolicyName: `${physicalName(scope)}-${Stack.of(scope).region}`,
    securityHeadersBehavior: {
      strictTransportSecurity: { accessControlMaxAge: Duration.days(365), includeSubdomains: false, preload: false, override: true },
      contentTypeOptions: { override: true },
      frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
      referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.STRICT_ORIGIN_WHEN_CROSS_ORIGIN, override: true },
      contentSecurityPolicy: { contentSecurityPolicy, override: true },
    },
  });
}
