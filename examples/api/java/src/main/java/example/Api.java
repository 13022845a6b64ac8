package example;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.DelegatingOAuth2TokenValidator;
import org.springframework.security.oauth2.core.OAuth2AuthenticatedPrincipal;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.OAuth2TokenValidator;
import org.springframework.security.oauth2.core.OAuth2TokenValidatorResult;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.security.oauth2.jwt.JwtClaimValidator;
import org.springframework.security.oauth2.jwt.JwtValidators;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.security.oauth2.server.resource.authentication.JwtAuthenticationToken;
import org.springframework.security.oauth2.server.resource.introspection.BadOpaqueTokenException;
import org.springframework.security.oauth2.server.resource.introspection.OpaqueTokenIntrospector;
import org.springframework.security.oauth2.server.resource.introspection.SpringOpaqueTokenIntrospector;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * An API that checks Sekisho's access tokens, with Spring Security. Opaque tokens are introspected, JWTs checked by the issuer's
 * keys. ISSUER, API (its identifier) and SCOPE (what a call needs) say what is protected; with CLIENT_ID and CLIENT_SECRET,
 * the API's own credentials, every token is introspected: what was taken back is refused at once.
 */
@SpringBootApplication
@RestController
public class Api {
    @Value("${ISSUER}") String issuer;
    @Value("${API}") String api;
    @Value("${SCOPE}") String scope;
    @Value("${CLIENT_ID:}") String clientId;
    @Value("${CLIENT_SECRET:}") String clientSecret;

    public static void main(String[] arguments) {
        SpringApplication.run(Api.class, "--server.address=127.0.0.1", "--server.port=${PORT:9000}");
    }

    @GetMapping("/")
    Map<String, Object> hello(Authentication caller) {
        Map<String, Object> claims = caller instanceof JwtAuthenticationToken jwt
            ? jwt.getToken().getClaims()
            : ((OAuth2AuthenticatedPrincipal) caller.getPrincipal()).getAttributes();
        return Map.of("sub", claims.getOrDefault("sub", ""), "client_id", claims.getOrDefault("client_id", ""));
    }

    @Bean
    SecurityFilterChain security(HttpSecurity http) throws Exception {
        http.authorizeHttpRequests(calls -> calls.anyRequest().hasAuthority("SCOPE_" + scope));
        http.oauth2ResourceServer(server -> {
            if (clientId.isEmpty()) {
                server.jwt(jwt -> jwt.decoder(decoder()));
            } else {
                server.opaqueToken(token -> token.introspector(introspector()));
            }
        });
        return http.csrf(csrf -> csrf.disable()).build();
    }

    private OpaqueTokenIntrospector introspector() {
        var ask = SpringOpaqueTokenIntrospector.withIntrospectionUri(issuer + "/introspect")
            .clientId(clientId).clientSecret(clientSecret).build();
        return token -> {
            OAuth2AuthenticatedPrincipal answer = ask.introspect(token);
            // What `active` does not say: that the token is for this API, and that it is no token bound to a key, which
            // nobody must take without checking that key.
            List<String> audience = answer.getAttribute("aud");
            if (audience == null || !audience.contains(api) || answer.getAttribute("cnf") != null) {
                throw new BadOpaqueTokenException("not for this API");
            }
            return answer;
        };
    }

    private NimbusJwtDecoder decoder() {
        var decoder = NimbusJwtDecoder.withJwkSetUri(URI.create(issuer + "/jwks").toString())
            .validateType(false)
            .jwsAlgorithms(known -> known.addAll(List.of(SignatureAlgorithm.ES256, SignatureAlgorithm.PS256, SignatureAlgorithm.RS256)))
            .build();
        // Issuer, times, `typ` at+jwt (RFC 9068 §4), audience.
        OAuth2TokenValidator<Jwt> usual = JwtValidators.createAtJwtValidator().issuer(issuer).audience(api)
            .validators(known -> known.put("client_id", new JwtClaimValidator<>("client_id", Objects::nonNull))).build();
        OAuth2TokenValidator<Jwt> unbound = jwt -> jwt.hasClaim("cnf")
            ? OAuth2TokenValidatorResult.failure(new OAuth2Error("invalid_token", "bound to a key", null))
            : OAuth2TokenValidatorResult.success();
        decoder.setJwtValidator(new DelegatingOAuth2TokenValidator<>(usual, unbound));
        return decoder;
    }
}
