package com.example;

import io.github.cdkprivatebackend.CostReport;
import io.github.cdkprivatebackend.HardeningCheck;
import io.github.cdkprivatebackend.Posture;
import io.github.cdkprivatebackend.ReachabilityCheck;
import software.amazon.awscdk.App;
import software.amazon.awscdk.Validations;
import software.amazon.awscdk.services.route53.HostedZoneAttributes;

public final class PrivateBackendApp {
    public static void main(final String[] args) {
        App app = new App();
        Validations.of(app).addPlugins(new ReachabilityCheck(), new HardeningCheck(), new CostReport());
        String posture = context(app, "posture");

        Posture.fromName(posture).applyTo(app);
        HostedZoneAttributes zone = !posture.equals("production") ? null : HostedZoneAttributes.builder()
                .hostedZoneId(context(app, "hostedZoneId"))
                .zoneName(context(app, "zoneName"))
                .build();
        new PrivateBackendStack(app, "PrivateBackend", null, zone, null);

        app.synth();
    }

    private static String context(final App app, final String key) {
        return (String) app.getNode().tryGetContext(key);
    }
}
